// The statements of funnels, composed from fixed pieces: which, and how often, depends on a question's
// options and the numbers of its steps. No byte of a request is in them: values are parameters, and filters
// and properties have places that funnel_run.h fills. No state.
#pragma once

#include <string>

#include "query_service/metrics/funnel/funnel_question.h"

namespace donut::query {

// Totals by row of the breakdown and step: funnel_answer.sql says which columns.
std::string FunnelCountsSql(const FunnelQuestion& question);
// Totals by bucket: funnel_series_totals.sql. Needs question.series, and passes over the breakdown.
std::string FunnelSeriesSql(const FunnelQuestion& question);
// The actors of some levels, with a breakdown of a row of it, a page of them: funnel_actors.sql.
std::string FunnelActorsSql(const FunnelQuestion& question);

}  // namespace donut::query
