-- What the benchmark of the database measures with: times are taken in the database, around each statement.

create schema if not exists bench;
grant usage on schema bench to authenticated, service_role;

-- From now on the connection queries in a role, as a user of a workspace.
create or replace function bench.be(p_role text, p_workspace text, p_user text) returns void
language plpgsql
as $$
begin
  perform
    set_config(
      'request.jwt.claims',
      jsonb_build_object(
        'sub', p_user,
        'app_metadata', jsonb_build_object('workspaces', jsonb_build_object(p_workspace, 'member'))
      )::text,
      false
    ),
    set_config('role', p_role, false);
end
$$;

-- Milliseconds that a statement takes, planning included.
create or replace function bench.time_of(p_statement text) returns double precision
language plpgsql
as $$
declare
  v_begun_at constant timestamptz := clock_timestamp();
begin
  execute p_statement;
  return extract(epoch from clock_timestamp() - v_begun_at)::double precision * 1000;
end
$$;

-- The times of statements, each by a caller of its own.
create or replace function bench.times_of(
  p_roles text[], p_workspaces text[], p_users text[], p_statements text[]
) returns double precision[]
language plpgsql
as $$
declare
  v_times double precision[] := '{}';
begin
  for n in 1 .. cardinality(p_statements) loop
    perform bench.be(p_roles[n], p_workspaces[n], p_users[n]);
    v_times := v_times || bench.time_of(p_statements[n]);
  end loop;
  return v_times;
end
$$;

-- Milliseconds of each of `p_rounds` updates of one contact, each committed. Two neighbours in a row are far apart in the
-- table; the status moves the contact from one count to another.
create or replace procedure bench.update_contacts(
  p_workspace text, p_contacts integer, p_first integer, p_rounds integer, inout p_times double precision[]
)
language plpgsql
as $$
declare
  v_begun_at timestamptz;
begin
  p_times := '{}';
  for round in p_first .. p_first + p_rounds - 1 loop
    v_begun_at := clock_timestamp();
    update public.contacts set status = case status when 'pending' then 'waiting' else 'pending' end
    where workspace_id = p_workspace and id = 'contact_' || lpad((1 + round::bigint * 7919 % p_contacts)::text, 6, '0');
    commit;
    p_times := p_times || extract(epoch from clock_timestamp() - v_begun_at)::double precision * 1000;
  end loop;
end
$$;

-- Updates contacts of its own share, one a transaction, until the time is over; answers how many.
create or replace procedure bench.write(
  p_workspace text, p_contacts integer, p_share integer, p_shares integer, p_seconds integer, inout p_writes integer
)
language plpgsql
as $$
declare
  v_until constant timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
  p_writes := 0;
  while clock_timestamp() < v_until loop
    update public.contacts set status = case status when 'open' then 'closed' else 'open' end
    where workspace_id = p_workspace
      and id = 'contact_' || lpad((1 + (p_writes::bigint * 7919 * p_shares + p_share) % p_contacts)::text, 6, '0');
    commit;
    p_writes := p_writes + 1;
  end loop;
end
$$;
