-- Ordered webhooks: the deliveries of one chat arrive one after the other (docs/ordered-webhooks.md, decision 9).
-- `chat` and `position` are null for a delivery that waits for no other, which is every delivery of an unordered
-- webhook: for those neither an index entry nor a number is added.

alter table webhook_deliveries
  -- Whose turn it takes: the session and the chat. Compared by its bytes: it only has to tell chats apart.
  add column chat text collate "C",
  add column position bigint;

create sequence webhook_delivery_positions;

-- The first entry of a chat is the delivery under way, if there is one, or else the one whose turn it is.
create index webhook_deliveries_turns on webhook_deliveries (webhook_config_id, chat, (claim_id is null), position)
  where status = 'pending' and chat is not null;

-- Three functions, because of what one statement cannot do: see only now what others have committed, behind a lock (the
-- last one), and read one entry a chat however many there are. The settings tell the planner what the index is for:
-- a plan made while the table was small is kept by the connection when it no longer is.

-- The webhooks that have such deliveries: one index probe each.
create function ordered_webhooks() returns setof uuid
language plpgsql stable set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
  return query
    with recursive hook as (
      (select d.webhook_config_id as id from webhook_deliveries d
       where d.status = 'pending' and d.chat is not null order by d.webhook_config_id limit 1)
      union all
      select later.id from hook cross join lateral (
        select d.webhook_config_id as id from webhook_deliveries d
        where d.status = 'pending' and d.chat is not null and d.webhook_config_id > hook.id
        order by d.webhook_config_id limit 1
      ) later
    )
    select hook.id from hook;
end $$;

-- Of each chat of a webhook the delivery under way, or else the one whose turn it is: one index probe each. It can be
-- claimed from `due_at` on; nobody has to wait for a time that was never set, and those waiting longest come first.
create function heads_of_chats(webhook uuid) returns table (id uuid, due_at timestamptz)
language plpgsql stable set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
begin
  return query
    with recursive head as (
      (select d.chat, d.id, d.next_attempt_at, d.created_at from webhook_deliveries d
       where d.webhook_config_id = webhook and d.status = 'pending' and d.chat is not null
       order by d.chat, (d.claim_id is null), d.position limit 1)
      union all
      select later.* from head cross join lateral (
        select d.chat, d.id, d.next_attempt_at, d.created_at from webhook_deliveries d
        where d.webhook_config_id = webhook and d.status = 'pending' and d.chat is not null and d.chat > head.chat
        order by d.chat, (d.claim_id is null), d.position limit 1
      ) later
    )
    select head.id, coalesce(head.next_attempt_at, head.created_at) from head;
end $$;

-- The heads of these webhooks that can be claimed now, until the transaction ends by nobody else: at most so many of
-- each. A webhook whose heads another transaction is claiming is left out. Volatile, so that what is read behind the
-- lock is read as it is then, with all claims that were made under the lock before: of two looks of different age, one
-- could see the head of a chat where the other no longer, or not yet, sees it, and each would claim its own.
create function claimable_heads(webhooks uuid[], at_most integer)
returns table (webhook_config_id uuid, id uuid, due_at timestamptz)
language plpgsql volatile as $$
declare
  hook uuid;
begin
  for hook in select ordered.id from ordered_webhooks() as ordered (id) where ordered.id = any(webhooks) loop
    continue when not pg_try_advisory_xact_lock(x'77617874'::int, hashtext(hook::text));
    return query
      select hook, head.id, head.due_at from heads_of_chats(hook) head
      where head.due_at <= now() order by head.due_at limit at_most;
  end loop;
end $$;
