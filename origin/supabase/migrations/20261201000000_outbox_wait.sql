-- A look at the outbox that waits: it returns as soon as a row is due, or after `p_wait_ms`. A relay that looks sees a row some
-- milliseconds after its commit, and a relay that polls sees it at its next poll. The writer's transaction has no part in it.
--
-- It only looks, and a separate call claims. PostgREST does not cancel a call whose client is gone, and a claim that waited would
-- then lease rows that nobody delivers. A look that outlives its client has no effect, and ends at its bound.
--
-- While it waits it holds one connection and the horizon of vacuum, each for 300 ms at most.

-- 'rows' if a row is due, whoever wrote it; 'none' if none became due in time; 'busy' if another relay looks already. A row that
-- is leased, parked or held for its writer is due later.
create function public.outbox_wait(p_wait_ms integer) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
-- The plan is kept for the connection, and is made while the outbox is nearly empty. With these it reads the index of `due_at`,
-- however many rows wait.
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_end timestamptz;
begin
  perform private.require_argument(p_wait_ms between 0 and 300, 'p_wait_ms must be from 0 to 300');
  -- Under any other isolation every glance would see what the first one saw.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'outbox_wait needs read committed' using errcode = 'invalid_transaction_state';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('boardcache outbox wait', 0)) then
    return jsonb_build_object('outcome', 'ok', 'said', 'busy');
  end if;
  v_end := v_now + interval '1 millisecond' * p_wait_ms;
  loop
    -- A variable, because an index cannot be searched by a volatile function.
    if exists (select from private.outbox o where o.due_at <= v_now) then
      return jsonb_build_object('outcome', 'ok', 'said', 'rows');
    end if;
    if v_now >= v_end then
      return jsonb_build_object('outcome', 'ok', 'said', 'none');
    end if;
    perform pg_sleep(least(0.01, extract(epoch from v_end - v_now)));
    v_now := clock_timestamp();
  end loop;
end
$$;

revoke all on function public.outbox_wait(integer) from public, anon, authenticated;
grant execute on function public.outbox_wait(integer) to service_role;
