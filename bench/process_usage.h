// What processes have used so far, as /proc tells it: processor time and memory. A process that is gone
// has used nothing. No state; thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "absl/time/time.h"

namespace donut::bench {

// User and system time, in steps of the kernel's tick (10 ms).
absl::Duration CpuTimeOf(pid_t pid);
// Of a process, its children that live and those it has waited for.
absl::Duration CpuTimeOfFamily(pid_t parent);
// Of this process.
absl::Duration OwnCpuTime();
// Of those that this process has started and waited for.
absl::Duration CpuTimeOfEndedChildren();

pid_t ParentOf(pid_t pid);

// Resident memory, now and at its highest.
int64_t ResidentBytes(pid_t pid);
int64_t PeakResidentBytes(pid_t pid);

}  // namespace donut::bench
