-- A delivery that had ended and is sent again, by a person or a replay, begins its schedule anew. Its attempts go on
-- being counted, so the schedule needs to know how many of them were made before it began.

alter table webhook_deliveries add column attempts_before integer not null default 0;
