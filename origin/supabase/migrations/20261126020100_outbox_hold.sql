-- Only the origin's own writes are held back from the relay, since only the origin delivers its rows by itself. A member
-- who calls the same functions through Supabase's interface, and a backend that calls them with the secret key, have
-- nobody else who delivers: their rows are due at once.
--
-- The origin calls in a member's name, so neither role nor token tells its calls from the member's. It sends a proof in a
-- header, which PostgREST shows to the transaction in `request.headers`: a secret that this database made for itself and
-- gives to the service role alone. A call without it, or with another one, writes all the same and holds nothing: an
-- origin of an older version and one that could not fetch the proof are only delivered by the relay as well, and the
-- event's id makes it once. To change the secret: update private.outbox_writer_proof set proof = default; the origins
-- fetch it every ten minutes.
--
-- The setting boardcache.outbox_lease_ms, by which a transaction held its rows until now, means nothing any more.

create table private.outbox_writer_proof (
  is_only boolean primary key default true,
  proof text not null default replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
  constraint outbox_writer_proof_is_only check (is_only),
  constraint outbox_writer_proof_length check (char_length(proof) <= 256)
);
insert into private.outbox_writer_proof default values;

-- Nobody's to read but through the function below.
alter table private.outbox_writer_proof enable row level security;
revoke all on table private.outbox_writer_proof from public, anon, authenticated, service_role;

create function public.outbox_writer_proof() returns jsonb
language sql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
  select jsonb_build_object('outcome', 'ok', 'proof', p.proof) from private.outbox_writer_proof p
$$;

-- How long what this transaction writes is its writer's to deliver. Digests are compared, so that the time it takes tells
-- nothing about the secret.
create function private.outbox_hold_ms() returns integer
language sql stable security definer
set search_path = ''
as $$
  select case
    when sha256(convert_to(sent.proof, 'UTF8'))
      = (select sha256(convert_to(p.proof, 'UTF8')) from private.outbox_writer_proof p) then 2000
    else 0
  end
  from (
    select nullif(current_setting('request.headers', true), '')::json ->> 'x-boardcache-writer-proof' as proof
  ) sent
$$;

create or replace function private.outbox_due_at() returns timestamptz
language sql volatile
set search_path = ''
as $$
  select clock_timestamp() + interval '1 millisecond' * private.outbox_hold_ms()
$$;

revoke all on function private.outbox_hold_ms() from public;
revoke all on function public.outbox_writer_proof() from public, anon, authenticated;
grant execute on function public.outbox_writer_proof() to service_role;
