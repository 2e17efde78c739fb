-- Whoever resumes the live stream reads what became durable after a moment. Rows lie in that order already, so a block
-- range index finds the place, and costs a commit next to nothing.
create index events_committed on events using brin (committed_at);
