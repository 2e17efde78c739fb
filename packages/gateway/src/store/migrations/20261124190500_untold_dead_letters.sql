-- A dead letter is news, and its notice is to be as durable as itself: it is untold from the moment it is recorded,
-- without a word from whoever records it, until the event that tells of it is committed.

alter table webhook_deliveries
  -- The attempt with which it died and others were told of that. Revived and dead again, it has made more of them.
  add column told_attempt integer;

update webhook_deliveries set told_attempt = attempts where status = 'failed';

create index webhook_deliveries_untold on webhook_deliveries (id)
  where status = 'failed' and told_attempt is distinct from attempts;
