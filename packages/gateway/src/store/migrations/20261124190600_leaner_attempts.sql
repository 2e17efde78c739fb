-- One row an attempt is written at every attempt and read when somebody looks at a delivery: one index for both instead of
-- two, and headers as `json`, which is checked but not taken apart.

alter table webhook_attempts drop constraint webhook_attempts_pkey;
alter table webhook_attempts add primary key (delivery_id, id);
drop index webhook_attempts_of_delivery;
alter table webhook_attempts
  alter column timings type json using timings::json,
  alter column request_headers type json using request_headers::json,
  alter column response_headers type json using response_headers::json;
