-- Creates the triggers by which the writes of a table move tags. As with the older tables, they see the old and the new rows,
-- fire under every `session_replication_role`, and move whole workspaces before the table is emptied, because afterwards
-- nobody could say whose rows it had. private.outbox_rows explains the arguments: the columns of the table's key, and a query
-- of the moves of a row `changed`.
--
-- Tables that are written often have functions of their own, which are planned once for a connection.
create procedure private.create_move_triggers(p_table text, p_key_columns text, p_moves text)
language plpgsql
set search_path = ''
as $$
declare
  v_event record;
  v_trigger text;
begin
  for v_event in
    select *
    from (values
      ('insert', 'after insert', 'referencing new table as came'),
      ('update', 'after update', 'referencing old table as gone new table as came'),
      ('delete', 'after delete', 'referencing old table as gone'),
      ('truncate', 'before truncate', '')
    ) listed (name, event, transition)
  loop
    v_trigger := p_table || '_outbox_' || v_event.name;
    execute format(
      'create trigger %I %s on public.%I %s for each statement execute function private.%s',
      v_trigger, v_event.event, p_table, v_event.transition,
      case v_event.name
        when 'truncate' then 'outbox_truncated()'
        else format('outbox_rows(%L, %L, %L)', 'workspace_id', p_key_columns, p_moves)
      end
    );
    execute format('alter table public.%I enable always trigger %I', p_table, v_trigger);
  end loop;
end
$$;

revoke all on procedure private.create_move_triggers(text, text, text) from public;
