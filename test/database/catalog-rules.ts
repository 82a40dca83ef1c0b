/**
 * The rules for everything in the schemas `public` and `private`, whatever migrations add. Each rule has a query that
 * returns its violations in `what`, and a statement that breaks it, to prove that the query finds it.
 */
export interface CatalogRule {
  readonly guarantee: string
  readonly violations: string
  readonly broken: string
}

const members = 'authenticated, service_role'
const service = 'service_role'

/** The roles that may call each function of the API. A new function is added here. */
const apiFunctions: Readonly<Record<string, string>> = {
  analytics: members,
  cache_settings_read: members,
  cache_settings_write: members,
  call_session: members,
  campaign_stats: members,
  communication_attachments: members,
  company_by_domain: members,
  company_communications: members,
  contact: members,
  contact_by_email: members,
  call_session_delete: members,
  call_session_patch: members,
  call_session_put: members,
  contact_counts: members,
  contact_counts_of: members,
  contact_create: members,
  contact_delete: members,
  contact_update: members,
  contacts_import: members,
  contacts_page: members,
  dashboard: members,
  ended_call_store: service,
  export_create: members,
  export_read: members,
  exports_list: members,
  fold_counts: service,
  inbound_email_allowance: service,
  inbound_email_count_edge: service,
  inbound_email_domains: service,
  inbound_email_figures: service,
  inbound_email_list: service,
  inbound_email_queue: service,
  inbound_email_settings: members,
  inbound_email_settings_change: members,
  inbound_email_take: service,
  inbound_email_take_together: service,
  lead_context: members,
  lead_control: members,
  lead_control_write: members,
  lead_greeting: members,
  lead_history: members,
  lead_message_create: members,
  lead_summary: members,
  import_create: members,
  import_read: members,
  import_stored: members,
  imports_list: members,
  mailbox: members,
  mark_take: service,
  mark_untold: service,
  lead: members,
  lead_by_phone: members,
  lead_status: members,
  notifications_mark: members,
  notifications_page: members,
  organization_by_phone: service,
  mailbox_delete: members,
  mailbox_put: members,
  outbox_acknowledge: service,
  outbox_claim: service,
  outbox_fail: service,
  outbox_move_everything: service,
  outbox_read: service,
  outbox_release: service,
  outbox_retry_parked: service,
  outbox_state: service,
  outbox_wait: service,
  outbox_writer_proof: service,
  permissions: members,
  reconcile_counts: service,
  search_text_renew: service,
  webhook_sources: members,
  segment_count: members,
  snapshots_list: members,
  thread: members,
  webhook_deliveries: members,
  webhook_delivery_resend: members,
  webhook_endpoint: members,
  webhook_endpoint_create: members,
  webhook_endpoint_delete: members,
  webhook_endpoint_rotate: members,
  webhook_endpoint_test: members,
  webhook_endpoint_update: members,
  webhook_endpoints: members,
  workspace_boards: members,
  workspace_config: members,
  workspace_membership: members,
  workspace_region: members,
  workspace_needs: members,
  workspaces_list: service,
}

/** Functions that run with the caller's rights inside those, or inside a column, a policy or a trigger. */
const sharedFunctions = [
  ...['caller_id', 'caller_role', 'caller_workspaces', 'may_write', 'merged', 'touch_updated_at'],
  ...['contact_presets', 'contact_shown', 'lock_columns', 'outbox_mark', 'outbox_since'],
  ...['folded', 'word_marked', 'phone_forms', 'search_text', 'texts_fit', 'contact_content_bytes'],
  ...['is_identifier', 'is_list', 'is_object', 'require_argument'],
  ...['facet_bit', 'facets_of'],
  ...['phone_key', 'email_key', 'domain_ascii', 'label_ascii'],
  ...['is_backend', 'require_primary', 'may_read_of', 'show_trace'],
  ...['phone_key', 'email_key', 'domain_ascii', 'label_ascii'],
]

/**
 * Functions of a generated column or an index, which run for every contact that is written. A search path of their own would cost
 * more than their work, so they name everything outside pg_catalog by its schema, and run as the writer.
 */
const unboundFunctions = [
  ...['folded', 'word_marked', 'phone_forms', 'search_text'],
  ...['phone_key', 'email_key', 'domain_ascii', 'label_ascii'],
]

const tablesOfTheApi: Readonly<Record<string, string>> = {
  analytics_snapshots: 'SELECT',
  board_columns: 'SELECT',
  boards: 'SELECT',
  cache_settings: 'INSERT, SELECT, UPDATE',
  call_sessions: 'SELECT',
  campaign_sends: 'SELECT',
  campaigns: 'SELECT',
  communication_attachments: 'SELECT',
  communication_texts: 'SELECT',
  communications: 'SELECT',
  companies: 'SELECT',
  company_domains: 'SELECT',
  contacts: 'DELETE, INSERT, SELECT',
  conversation_summaries: 'SELECT',
  conversations: 'SELECT',
  email_addresses: 'SELECT',
  lead_controls: 'SELECT',
  mailbox_folders: 'SELECT',
  mailbox_messages: 'SELECT',
  memberships: 'SELECT',
  messages: 'SELECT',
  phone_numbers: 'SELECT',
  role_permissions: 'SELECT',
  segments: 'SELECT',
  threads: 'SELECT',
  webhook_sources: 'SELECT',
  workspace_configurations: 'SELECT',
  workspaces: 'SELECT',
}

const pairs = (table: Readonly<Record<string, string>>) =>
  Object.entries(table)
    .map(([name, value]) => `('${name}', '${value}')`)
    .join(', ')
const names = (list: readonly string[]) => list.map((name) => `'${name}'`).join(', ')

const ourFunctions = `
  select p.oid, p.oid::regprocedure::text as signature, p.proname, n.nspname, p.prosecdef, p.proconfig, p.prosqlbody,
    pg_get_functiondef(p.oid) as definition
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'private') and p.prokind in ('f', 'p')`

const ourRelations = `
  select c.oid, c.oid::regclass::text as name, c.relname, n.nspname, c.relkind, c.relrowsecurity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')`

/** The functions that the origin calls for itself, and not for a request. */
const upkeep = `^(outbox|mark)_|^(fold_counts|reconcile_counts|search_text_renew)$`

const rolesOfTheApi = `unnest(array['anon', 'authenticated', 'service_role']) role`

export const catalogRules: readonly CatalogRule[] = [
  {
    guarantee: 'a function of the API is called by the roles that it is for, and by no other',
    violations: `
      select f.signature || ' by ' || coalesce(granted.roles, 'nobody') as what
      from (${ourFunctions}) f
      left join (values ${pairs(apiFunctions)}) listed (name, roles) on listed.name = f.proname
      cross join lateral (
        select string_agg(role, ', ' order by role) as roles from ${rolesOfTheApi}
        where has_function_privilege(role, f.oid, 'execute')
      ) granted
      where f.nspname = 'public' and granted.roles is distinct from listed.roles`,
    broken: `create function public.planted() returns integer language sql set search_path = '' return 1`,
  },
  {
    guarantee: 'a function of the schema private is called by who needs it for the others, and by no other',
    violations: `
      select f.signature || ' by ' || role as what
      from (${ourFunctions}) f cross join ${rolesOfTheApi}
      where f.nspname = 'private'
        and has_function_privilege(role, f.oid, 'execute')
          <> (role <> 'anon' and f.proname in (${names(sharedFunctions)}))`,
    broken: 'grant execute on function private.outbox_everything() to authenticated',
  },
  {
    guarantee: 'nothing is granted to everybody, on any function, table or sequence',
    violations: `
      select f.signature as what from (${ourFunctions}) f
      join pg_proc p on p.oid = f.oid
      cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
      where acl.grantee = 0
      union all
      select r.name from (${ourRelations}) r
      join pg_class c on c.oid = r.oid
      cross join aclexplode(c.relacl) acl
      where acl.grantee = 0`,
    broken: 'grant execute on function public.outbox_state() to public',
  },
  {
    guarantee:
      'a table of the API grants a member the listed rights, the service role all, and anonymous callers none',
    violations: `
      select r.name || ' to ' || role || ': ' || coalesce(granted.privileges, 'nothing') as what
      from (${ourRelations}) r
      cross join ${rolesOfTheApi}
      left join (values ${pairs(tablesOfTheApi)}) listed (name, privileges) on listed.name = r.relname
      cross join lateral (
        select string_agg(privilege, ', ' order by privilege) as privileges
        from unnest(array['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE']) privilege
        where has_table_privilege(role, r.oid, privilege)
      ) granted
      where r.nspname = 'public' and r.relkind <> 'S'
        and granted.privileges is distinct from case role
          when 'authenticated' then listed.privileges
          when 'service_role' then 'DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE'
        end`,
    broken: 'create table public.planted (id integer)',
  },
  {
    guarantee:
      'no table or sequence of the schema private is granted to a role of the API, as a whole or by column',
    violations: `
      select r.name || ' to ' || role as what
      from (${ourRelations}) r cross join ${rolesOfTheApi}
      where r.nspname = 'private' and case r.relkind
        when 'S' then has_sequence_privilege(role, r.oid, 'usage, select, update')
        else has_table_privilege(role, r.oid, 'select, insert, update, delete, truncate, references, trigger')
          or has_any_column_privilege(role, r.oid, 'select, insert, update, references')
      end`,
    broken: 'grant select (proof) on private.outbox_writer_proof to authenticated',
  },
  {
    guarantee: 'every table has row level security, partitions too',
    violations: `select r.name as what from (${ourRelations}) r where r.relkind in ('r', 'p') and not r.relrowsecurity`,
    broken: 'alter table private.contacts_07 disable row level security',
  },
  {
    guarantee: 'the schema public holds no view, sequence or foreign table, and private is closed to anon',
    violations: `
      select r.name as what from (${ourRelations}) r where r.nspname = 'public' and r.relkind not in ('r', 'p')
      union all
      select 'private for anon' where has_schema_privilege('anon', 'private', 'usage')
      union all
      select n.nspname || ' is made in by ' || role from pg_namespace n cross join ${rolesOfTheApi}
      where n.nspname in ('public', 'private') and has_schema_privilege(role, n.oid, 'create')`,
    broken: 'create view public.planted as select * from private.outbox',
  },
  {
    guarantee:
      'every function resolves its names without the caller’s search path: with an empty one, or at creation',
    violations: `
      select f.signature as what from (${ourFunctions}) f
      where not coalesce(f.proconfig @> '{"search_path=\\"\\""}', false)
        and (f.prosecdef or f.prosqlbody is null and f.proname not in (${names(unboundFunctions)}))`,
    broken: 'alter function public.contact_counts(text) reset search_path',
  },
  {
    guarantee: 'every function of the API runs in UTC',
    violations: `
      select f.signature as what from (${ourFunctions}) f
      where f.nspname = 'public' and not coalesce(f.proconfig @> '{TimeZone=UTC}', false)`,
    broken: 'alter function public.contact_counts(text) reset timezone',
  },
  {
    guarantee: 'every function that is called for a request shows its trace',
    violations: `
      select f.signature as what from (${ourFunctions}) f
      where f.nspname = 'public' and f.proname !~ '${upkeep}' and strpos(f.definition, 'private.show_trace()') = 0`,
    broken: `create function public.planted() returns integer language sql set search_path = '' return 1`,
  },
  {
    guarantee: 'no function, column or constraint depends on the length of a day or on where midnight is',
    violations: `
      select source.what from (
        select f.signature as what, f.definition as text from (${ourFunctions}) f
        union all
        select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace in ('public'::regnamespace, 'private'::regnamespace)
        union all
        select adrelid::regclass || ' default', pg_get_expr(adbin, adrelid) from pg_attrdef
      ) source
      where source.text ~* '\\m(days?|weeks?|months?|mons?|years?|decades?|midnight)\\M\\s*''|\\minterval\\s*''P'
        or source.text ~* '\\m(current_date|current_time|localtime|localtimestamp|date_trunc|date_part|age)\\M|::date\\M'`,
    broken: `create or replace function private.planted() returns boolean language sql set search_path = ''
      as $$ select now() > now() - interval '7 days' $$`,
  },
]
