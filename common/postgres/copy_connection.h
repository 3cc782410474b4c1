// A connection that also takes rows by binary COPY, which libpqxx 6 cannot: its stream_to knows text only
// and writes every byte that is not ASCII as an escape. So this one statement speaks libpq, on the handle
// that pqxx itself connected; everything else goes through pqxx (docs/adr/0007). Not thread-safe.
#pragma once

#include <libpq-fe.h>

#include <pqxx/pqxx>
#include <string>
#include <string_view>

namespace donut::postgres {

// Connects as pqxx::connection does, and remembers the handle.
class HandlePolicy : public pqxx::connect_direct {
 public:
  using pqxx::connect_direct::connect_direct;
  handle do_startconnect(handle from) override { return current_ = connect_direct::do_startconnect(from); }
  handle do_dropconnect(handle from) noexcept override {
    return current_ = connect_direct::do_dropconnect(from);
  }
  handle do_disconnect(handle from) noexcept override {
    return current_ = connect_direct::do_disconnect(from);
  }
  PGconn* current() const { return current_; }

 private:
  handle current_ = nullptr;
};

class CopyConnection final : public pqxx::connection_base {
 public:
  // Throws what pqxx::connection's constructor throws.
  explicit CopyConnection(const std::string& parameters)
      : pqxx::connection_base(policy_), policy_(parameters) {
    init();
  }
  ~CopyConnection() { close(); }

 private:
  friend class BinaryCopy;
  friend class BinaryRows;
  HandlePolicy policy_;
};

// One COPY .. FROM STDIN (FORMAT binary), inside an open transaction; no other statement runs on the
// connection between Start() and Finish(). Each call throws what pqxx throws for a statement: sql_error,
// which names the row ("line") in what the server says, or broken_connection. Nothing follows a throw but
// the transaction's end.
class BinaryCopy {
 public:
  explicit BinaryCopy(CopyConnection& connection) : connection_(connection.policy_.current()) {}

  void Start(const char* statement);
  // Rows as the format has them: a 16-bit number of columns, then for each its 32-bit length and its bytes,
  // all big-endian. May end in the middle of a row. Blocks while the server is behind.
  void Write(std::string_view rows);
  void Finish();

 private:
  void Send(const char* bytes, size_t size);
  // What the server answered; throws when it refused.
  void TakeResults();
  [[noreturn]] void Fail();

  PGconn* const connection_;
  const char* statement_ = "";
  bool is_open_ = false;  // the server takes rows
};

}  // namespace donut::postgres
