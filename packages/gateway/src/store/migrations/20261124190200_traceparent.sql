-- The trace an event was captured in (W3C Trace Context), for the spans of its deliveries however much later they are
-- made. Null when nobody traced.

alter table events add column traceparent text;
