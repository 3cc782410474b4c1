-- What events say about their users (event.proto, user_properties). Of each key the value that was set last
-- stands, in the order that events have everywhere: by event time, then by producer, then by the
-- producer's own numbering. Events come late and by several collectors, so that order is kept per key:
-- docs/adr/0010-user-properties-keep-the-order-of-events.md.

-- By key: [event time in microseconds since 1970, producer_no, sequence] of the event that set it, or
-- removed it: a removed key is here and not in `properties`, so that an older value that comes late stays
-- away. At most 255 keys; of more, those that were set last. In `users` itself, because both change
-- together: one row to lock and one to shard. A constant default rewrites nothing.
ALTER TABLE users ADD COLUMN property_versions jsonb NOT NULL DEFAULT '{}';

-- These two columns and no other: who a user is never changes.
GRANT UPDATE (properties, property_versions) ON users TO donut_collector;
