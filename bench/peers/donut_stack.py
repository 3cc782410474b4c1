"""A throw-away PostgreSQL with collector, compactor (where it is built) and query service of this build, on unix sockets.

Everything is stopped by its process id.
"""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.parse

import grpc

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
READY_LIMIT = 60
PACKED_LIMIT = 1800
PACKING_LEFT = """
SELECT (SELECT count(*) FROM history_fresh)
     + (SELECT count(*) FROM (SELECT FROM history_blocks GROUP BY project_id, month HAVING count(DISTINCT slice_id) > 1) AS many)
"""
# As ./run has them for its private cluster.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 100
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
"""


class DonutStack:
    """Started by `with`; gone at its end."""

    def __init__(self, build: pathlib.Path, parent: str):
        self._bin = build / "bin"
        self._parent = parent
        self._services = {}
        self.query_address = None

    def __enter__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="donut_peers_", dir=self._parent)
        self._folder = pathlib.Path(self._temporary.name)
        try:
            self._start_postgres()
            self._run([self._bin / "donut", "migrate"], "donut_owner")
            self._start_service("donut-collector", "donut_collector")
            if (self._bin / "donut-compactor").exists():
                self._start_service("donut-compactor", "donut_compactor")
            self.restart_query()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        for name in list(self._services):
            self._stop_service(name)
        if (self._folder / "data" / "postmaster.pid").exists():
            self._postgres("pg_ctl", "stop", "-D", self._folder / "data", "-m", "immediate", "-w", "-s")
        self._temporary.cleanup()

    def _as_postgres(self, command):
        # PostgreSQL refuses to run as root.
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
        return prefix + [str(word) for word in command]

    def _postgres(self, program, *arguments):
        with open(self._folder / "postgres.log", "a", encoding="utf-8") as log:
            subprocess.run(self._as_postgres([POSTGRES_BIN / program, *arguments]), check=True, cwd="/",
                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _start_postgres(self):
        os.chmod(self._folder, 0o755)
        data = self._folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            for folder in (self._folder, data):
                subprocess.run(["chown", "postgres:", folder], check=True)
        self._postgres("initdb", "-D", data, "-U", "donut_owner", "-A", "trust", "--encoding=UTF8",
                       "--locale=C.UTF-8", "--data-checksums")
        with open(data / "postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(SETTINGS.format(folder=self._folder))
        self._postgres("pg_ctl", "start", "-D", data, "-w", "-s", "-l", data / "server.log")
        self.sql("CREATE DATABASE donut TEMPLATE template0", "postgres")

    def _url(self, role, database="donut"):
        return f"postgresql:///{database}?host={urllib.parse.quote(str(self._folder), safe='')}&user={role}"

    def sql(self, statement, database="donut"):
        """As the owner; the first column of the first row."""
        answer = subprocess.run(["psql", "-XAtq", self._url("donut_owner", database), "-c", statement], check=True,
                                capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
        return answer.split("\n", 1)[0]

    def _environment(self, role):
        # Settings of whoever runs this reach nothing.
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DONUT_", "PG"))}
        return {**kept, "DONUT_DATABASE_URL": self._url(role)}

    def _address(self, name):
        return f"unix:{self._folder}/{name}.sock"

    def _run(self, command, role):
        subprocess.run([str(word) for word in command], check=True, env=self._environment(role),
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def _start_service(self, name, role):
        command = [str(self._bin / name)]
        if name != "donut-compactor":
            command.append(f"--address={self._address(name)}")
        with open(self._folder / f"{name}.log", "a", encoding="utf-8") as log:
            self._services[name] = subprocess.Popen(command, env=self._environment(role), stdin=subprocess.DEVNULL,
                                                    stdout=log, stderr=log)
        if name != "donut-compactor":
            with grpc.insecure_channel(self._address(name)) as channel:
                grpc.channel_ready_future(channel).result(timeout=READY_LIMIT)

    def _stop_service(self, name):
        process = self._services.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def restart_query(self):
        """A query service that remembers nothing."""
        if "donut-query" in self._services:
            self._stop_service("donut-query")
        pathlib.Path(self._address("donut-query").removeprefix("unix:")).unlink(missing_ok=True)
        self._start_service("donut-query", "donut_query")
        self.query_address = self._address("donut-query")

    def import_events(self, file):
        """`donut import`, and statistics as autovacuum would make them in a while."""
        self._run([self._bin / "donut", "--collector", self._address("donut-collector"), "import", file], "donut_owner")
        self.sql("VACUUM ANALYZE")

    def wait_until_packed(self):
        """Whether all events are in blocks, and each month, as they are over, in one slice. False at once where no
        compactor is at work."""
        deadline = time.monotonic() + PACKED_LIMIT
        while "donut-compactor" in self._services and time.monotonic() < deadline:
            if self.sql(PACKING_LEFT) == "0":
                return True
            time.sleep(1)
        return False
