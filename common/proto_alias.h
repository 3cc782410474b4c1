// donut::v1 for the generated package donut.analytics.v1.
#pragma once

namespace donut::analytics::v1 {}

namespace donut {
namespace v1 = analytics::v1;
}
