-- Notifications are kept for one user of one workspace until they expire. Only their user, and the CRM's backend, may see them.
create table private.notifications (
  workspace_id text collate "C" not null references public.workspaces (id) on delete cascade,
  id private.identifier not null,
  user_id text collate "C" not null,
  kind text not null,
  title text not null,
  body text not null default '',
  subject_type text,
  subject_id text,
  created_at private.instant not null default clock_timestamp(),
  read_at private.instant,
  primary key (workspace_id, id),
  constraint notifications_user_id_length check (char_length(user_id) between 1 and 128),
  constraint notifications_kind_form check (kind ~ '^[a-z][a-z0-9_.-]{0,63}$'),
  constraint notifications_title_length check (char_length(title) between 1 and 200),
  constraint notifications_body_length check (char_length(body) <= 2000),
  constraint notifications_subject_form check (
    (subject_type is null) = (subject_id is null)
    and subject_type ~ '^[a-z][a-z0-9_.-]{0,63}$' and char_length(subject_id) between 1 and 128
  )
);
alter table private.notifications enable row level security;
create index notifications_by_user on private.notifications (workspace_id, user_id, created_at desc, id desc);
create index notifications_unread on private.notifications (workspace_id, user_id) where read_at is null;
create index notifications_by_age on private.notifications (created_at);

-- Keeps a notification, once for each id, and answers whether it is new. It is called in the transaction of what the notification is
-- about. A new one is an event for the workspace's webhook endpoints; private.webhook_event comes with them.
create function private.notify(
  p_workspace text, p_user text, p_id text, p_kind text, p_title text, p_body text, p_subject_type text, p_subject_id text
) returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into private.notifications (workspace_id, id, user_id, kind, title, body, subject_type, subject_id)
  values (p_workspace, p_id, p_user, p_kind, p_title, p_body, p_subject_type, p_subject_id)
  on conflict (workspace_id, id) do nothing;
  if not found then
    return false;
  end if;
  perform private.webhook_event(
    p_workspace, 'notification-' || md5(p_id), 'notification.created',
    jsonb_build_object('notificationId', p_id, 'userId', p_user)
  );
  return true;
end
$$;

-- Null if the caller may see the notifications of this user, else the answer that says why not.
create function private.notifications_refusal(p_workspace text, p_user text) returns jsonb
language sql stable
set search_path = ''
as $$
  select case
    when private.caller_role(p_workspace) is null or not private.may_read_of(p_user)
      or not exists (select from public.workspaces w where w.id = p_workspace)
    then jsonb_build_object('outcome', case when private.is_backend() then 'not_found' else 'forbidden' end)
  end
$$;

create function private.notifications_unread_of(p_workspace text, p_user text) returns bigint
language sql stable
set search_path = ''
as $$
  select count(*) from private.notifications n
  where n.workspace_id = p_workspace and n.user_id = p_user and n.read_at is null
$$;

-- A page of a user's notifications, newest first, after the one of `p_after` and `p_after_id`.
create function public.notifications_page(
  p_workspace text, p_user text, p_unread boolean, p_after timestamptz, p_after_id text
) returns jsonb
language plpgsql stable security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  perform private.require_argument(p_unread is not null, 'p_unread must be true or false');
  perform private.require_argument(
    (p_after is null) = (p_after_id is null) and (p_after_id is null or private.is_identifier(p_after_id)),
    'p_after and p_after_id must both be null or name a notification'
  );
  v_refusal := private.notifications_refusal(p_workspace, p_user);
  if v_refusal is not null then
    return v_refusal;
  end if;
  return (
    select jsonb_build_object(
      'outcome', 'ok',
      'notifications', coalesce(
        jsonb_agg(
          jsonb_build_object(
            'id', page.id, 'kind', page.kind, 'title', page.title, 'body', page.body,
            'subject', case
              when page.subject_id is not null then jsonb_build_object('type', page.subject_type, 'id', page.subject_id)
            end,
            'createdAt', page.created_at, 'readAt', page.read_at
          )
          order by page.created_at desc, page.id collate "C" desc
        ),
        '[]'
      ),
      'unread', private.notifications_unread_of(p_workspace, p_user)
    )
    from (
      select * from private.notifications n
      where n.workspace_id = p_workspace and n.user_id = p_user
        and (not p_unread or n.read_at is null)
        and (p_after is null or (n.created_at, n.id) < (p_after, p_after_id))
      order by n.created_at desc, n.id desc
      limit 51
    ) page
  );
end
$$;

-- Marks notifications of a user as read: those with these ids, or all that were created until an instant. Marking again changes nothing.
create function public.notifications_mark(p_workspace text, p_user text, p_ids jsonb, p_until timestamptz) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set timezone = 'UTC'
as $$
declare
  v_refusal jsonb;
  v_marked integer;
begin
  perform private.require_argument(
    private.is_identifier(p_workspace), 'p_workspace must have 1 to 128 characters'
  );
  perform private.require_argument(private.is_identifier(p_user), 'p_user must have 1 to 128 characters');
  perform private.require_argument(
    (p_ids is null) <> (p_until is null) and (p_ids is null or private.is_list(p_ids, 100)),
    'either p_ids must be a list of at most 100 ids, or p_until an instant'
  );
  v_refusal := private.notifications_refusal(p_workspace, p_user);
  if v_refusal is not null then
    return v_refusal;
  end if;
  -- Two requests of one user lock the rows in one order.
  with marked as (
    select n.id from private.notifications n
    where n.workspace_id = p_workspace and n.user_id = p_user and n.read_at is null
      and (
        n.id in (select named.id collate "C" from jsonb_array_elements_text(p_ids) named (id))
        or n.created_at <= p_until
      )
    order by n.id
    for update
  )
  update private.notifications n
  set read_at = clock_timestamp()
  from marked
  where n.workspace_id = p_workspace and n.id = marked.id;
  get diagnostics v_marked = row_count;
  return jsonb_build_object(
    'outcome', 'ok', 'marked', v_marked, 'unread', private.notifications_unread_of(p_workspace, p_user)
  );
end
$$;

revoke all on table private.notifications from public, anon, authenticated, service_role;
revoke all on function private.notify(text, text, text, text, text, text, text, text)
  from public, anon, authenticated, service_role;
revoke all on function private.notifications_refusal(text, text) from public, anon, authenticated, service_role;
revoke all on function private.notifications_unread_of(text, text) from public, anon, authenticated, service_role;
revoke all on function public.notifications_page(text, text, boolean, timestamptz, text) from public, anon;
revoke all on function public.notifications_mark(text, text, jsonb, timestamptz) from public, anon;
grant execute on function public.notifications_page(text, text, boolean, timestamptz, text) to authenticated, service_role;
grant execute on function public.notifications_mark(text, text, jsonb, timestamptz) to authenticated, service_role;
