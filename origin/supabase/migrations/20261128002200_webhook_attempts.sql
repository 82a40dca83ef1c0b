-- The attempts of deliveries, for the process that runs the queues. It connects as the owner, so nobody else may call these functions.
--
-- The breaker of an endpoint is in its row, since several processes send to it. After 5 failures in a row nothing is sent for 30 s.
-- Then one attempt is let through: its success closes the breaker, and its failure doubles the pause, up to an hour. An endpoint whose
-- attempts have all failed for 120 hours is turned off, and so is one whose receiver answers 410 (Gone).

-- Begins an attempt. Outcomes:
--
--   send     {url, secrets[], eventId, body, isTrial}: the body is the same at each attempt, and the secrets are all that are valid
--   paused   {waitMs}: the breaker is open
--   known    the receiver has it
--   off      the endpoint is off, so it has failed
--   expired  it has waited for too long, so it has failed
--   gone     there is no such delivery: its endpoint was deleted
create function private.webhook_attempt_begin(p_workspace text, p_delivery uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_delivery private.webhook_deliveries;
  v_endpoint private.webhook_endpoints;
  v_wait_ms bigint;
begin
  select * into v_delivery from private.webhook_deliveries d where d.workspace_id = p_workspace and d.id = p_delivery;
  if not found then
    return jsonb_build_object('outcome', 'gone');
  elsif v_delivery.status = 'delivered' then
    return jsonb_build_object('outcome', 'known');
  end if;
  select * into v_endpoint
  from private.webhook_endpoints e
  where e.workspace_id = p_workspace and e.id = v_delivery.endpoint_id;
  if not found then
    return jsonb_build_object('outcome', 'gone');
  elsif not v_endpoint.is_enabled or v_delivery.expires_at <= clock_timestamp() then
    update private.webhook_deliveries d
    set status = 'failed', completed_at = clock_timestamp()
    where d.id = v_delivery.id and d.status = 'waiting';
    return jsonb_build_object('outcome', case when v_endpoint.is_enabled then 'expired' else 'off' end);
  end if;

  if v_endpoint.paused_until is not null then
    -- The trial: of all that come when the pause is over, the one that renews it. It ends within its deadline of 10 s.
    update private.webhook_endpoints e
    set paused_until = clock_timestamp() + interval '15 seconds'
    where e.workspace_id = p_workspace and e.id = v_endpoint.id and e.paused_until <= clock_timestamp();
    if not found then
      select extract(epoch from e.paused_until - clock_timestamp()) * 1000 into v_wait_ms
      from private.webhook_endpoints e
      where e.workspace_id = p_workspace and e.id = v_endpoint.id;
      return jsonb_build_object('outcome', 'paused', 'waitMs', greatest(coalesce(v_wait_ms, 0), 1));
    end if;
  end if;
  return jsonb_build_object(
    'outcome', 'send',
    'url', v_endpoint.url,
    'secrets', case
      when v_endpoint.previous_secret_until > clock_timestamp()
        then jsonb_build_array(v_endpoint.secret, v_endpoint.previous_secret)
      else jsonb_build_array(v_endpoint.secret)
    end,
    'eventId', v_delivery.event_id,
    'body', jsonb_build_object(
      'type', v_delivery.event_type, 'timestamp', v_delivery.occurred_at, 'data', v_delivery.data
    )::text,
    'isTrial', v_endpoint.paused_until is not null
  );
end
$$;

-- Writes down what became of an attempt. `p_outcome` is `delivered`, `again`, or `failed` for the last one. `p_attempt` is an object of
-- the log. Answers whether the endpoint was turned off, and how long nothing is sent to it.
create function private.webhook_attempt_end(
  p_workspace text, p_delivery uuid, p_outcome text, p_attempt jsonb, p_is_trial boolean, p_retry_after_ms bigint
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_endpoint_id text;
  v_endpoint private.webhook_endpoints;
  v_now constant timestamptz := clock_timestamp();
begin
  perform private.require_argument(
    p_outcome in ('delivered', 'again', 'failed'), 'p_outcome must be delivered, again or failed'
  );
  perform private.require_argument(private.is_object(p_attempt, 4096), 'p_attempt must be an object of at most 4096 bytes');
  update private.webhook_deliveries d
  set
    attempts = d.attempts + 1,
    -- A log of 10 has one too many with this one, and loses its first.
    log = (case when jsonb_array_length(d.log) >= 10 then d.log - 0 else d.log end) || jsonb_build_array(p_attempt),
    status = case when d.status = 'delivered' then d.status when p_outcome = 'again' then 'waiting' else p_outcome end,
    completed_at = case
      when d.status = 'delivered' then d.completed_at
      when p_outcome = 'again' then null
      else v_now
    end
  where d.workspace_id = p_workspace and d.id = p_delivery
  returning d.endpoint_id into v_endpoint_id;
  if not found then
    return jsonb_build_object('isOff', true, 'pauseMs', 0);
  end if;

  if p_outcome = 'delivered' then
    -- A receiver in good health costs no write of its endpoint.
    update private.webhook_endpoints e
    set failures = 0, failing_since = null, paused_until = null
    where e.workspace_id = p_workspace and e.id = v_endpoint_id and (e.failures > 0 or e.paused_until is not null);
    return jsonb_build_object('isOff', false, 'pauseMs', 0);
  end if;
  -- Attempts that were under way when the breaker opened say nothing that is not known.
  update private.webhook_endpoints e
  set
    failures = e.failures + 1,
    failing_since = coalesce(e.failing_since, v_now),
    paused_until = case
      when e.failures + 1 >= 5 then v_now + least(interval '30 seconds' * power(2, least(e.failures + 1 - 5, 7)), interval '1 hour')
    end
  where e.workspace_id = p_workspace and e.id = v_endpoint_id
    and (p_is_trial or e.paused_until is null or e.paused_until <= v_now);
  update private.webhook_endpoints e
  set
    paused_until = greatest(
      e.paused_until,
      case
        when p_retry_after_ms > 0 then v_now + interval '1 millisecond' * least(p_retry_after_ms, 3600000)
      end
    )
  where e.workspace_id = p_workspace and e.id = v_endpoint_id and p_retry_after_ms > 0;
  update private.webhook_endpoints e
  set
    is_enabled = false,
    stopped_because = case when p_attempt ->> 'status' = '410' then 'gone' else 'failing' end,
    paused_until = null
  where e.workspace_id = p_workspace and e.id = v_endpoint_id and e.is_enabled
    and (p_attempt ->> 'status' = '410' or e.failing_since <= v_now - interval '120 hours' and e.failures >= 10);
  select * into v_endpoint
  from private.webhook_endpoints e
  where e.workspace_id = p_workspace and e.id = v_endpoint_id;
  return jsonb_build_object(
    'isOff', not v_endpoint.is_enabled,
    'pauseMs', greatest(coalesce((extract(epoch from v_endpoint.paused_until - v_now) * 1000)::bigint, 0), 0)
  );
end
$$;

revoke all on function private.webhook_attempt_begin(text, uuid) from public;
revoke all on function private.webhook_attempt_end(text, uuid, text, jsonb, boolean, bigint) from public;
