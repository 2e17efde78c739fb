-- A block range index only knows blocks that a vacuum has summarised, so the newest events, which are the ones a resumed
-- stream asks for, were all read. The events of one commit share its moment, so this index keeps one entry for them, and
-- always grows at its end: no difference could be measured in what a commit costs (8.8 µs a row with it and without).
drop index events_committed;
create index events_committed on events (committed_at);
