-- What snapshots read of one period: messages, communications and calls by their time. Building an index blocks writers of its table.
-- A deployment with many rows runs `create index concurrently` before, under the same names: an index that is there is kept.
create index if not exists messages_by_time on public.messages (workspace_id, sent_at);
create index if not exists communications_by_time on public.communications (workspace_id, sent_at);
create index if not exists calls_by_time on public.conversations (workspace_id, started_at) where channel = 'voice';
