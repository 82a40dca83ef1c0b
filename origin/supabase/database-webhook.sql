-- Optional: the database itself reports every write to the Worker through pg_net, as soon as it is committed. The relay then
-- delivers most rows a second time, which changes nothing, because the ledger counts each event id once. The relay is
-- still needed: pg_net sends about 200 requests a second, does not retry, and loses its queue if the database crashes.
--
-- This is not a migration. Run it by hand on hosted Supabase, after the migrations, with the Worker's address and key in
-- Vault:
--
--   select vault.create_secret('https://boardcache.example.workers.dev', 'boardcache_worker_url');
--   select vault.create_secret('<INTERNAL_AUTH_KEY>', 'boardcache_internal_key');
--
-- To remove it: drop trigger outbox_webhook on private.outbox; drop function private.post_outbox();

create extension if not exists pg_net;

create or replace function private.post_outbox() returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  v_url text;
  v_key text;
begin
  select decrypted_secret into v_url from vault.decrypted_secrets where name = 'boardcache_worker_url';
  select decrypted_secret into v_key from vault.decrypted_secrets where name = 'boardcache_internal_key';
  if v_url is null or v_key is null then
    return null;
  end if;
  -- A hundred events are far fewer than the Worker accepts at once.
  perform net.http_post(
    url := v_url || '/api/cache/invalidate',
    body := jsonb_build_object('outbox', told.events),
    headers := jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || v_key),
    timeout_milliseconds := 3000
  )
  from (
    select jsonb_agg(jsonb_build_object(
      'eventId', 'outbox:' || numbered.event_id, 'workspaceId', numbered.workspace_id, 'tags', numbered.tags
    )) as events
    from (select came.*, row_number() over () as number from came) numbered
    group by (numbered.number - 1) / 100
  ) told;
  return null;
end
$$;

revoke all on function private.post_outbox() from public;

drop trigger if exists outbox_webhook on private.outbox;
create trigger outbox_webhook after insert on private.outbox
referencing new table as came
for each statement execute function private.post_outbox();
