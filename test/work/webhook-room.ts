import { expect } from 'vitest'
import { z } from 'zod'
import { secret } from '../database/bounded-webhooks.ts'
import { type Arguments, type Caller, callers, type HostedDatabase } from '../database/hosted.ts'

/** Puts a table in the place of the queues: each job that would be added is a row in it, in the same transaction. */
export async function recordJobs({ owner }: HostedDatabase): Promise<void> {
  await owner.unsafe(`
    create table private.added_jobs (
      queue text, name text, workspace text, input jsonb, job_id text, unique (queue, workspace, job_id)
    );
    create or replace function private.add_job(
      p_queue text, p_name text, p_workspace text, p_input jsonb, p_job_id text default null,
      p_priority integer default null, p_delay_ms bigint default 0, p_attempts integer default null
    ) returns text language sql as $$
      insert into private.added_jobs values (p_queue, p_name, p_workspace, p_input, p_job_id) on conflict do nothing
      returning job_id
    $$`)
}

/** Removes what tests of webhooks leave. */
export async function clearWebhooks({ owner }: HostedDatabase): Promise<void> {
  await owner.unsafe(`
    delete from private.webhook_endpoints;
    delete from private.contact_events;
    delete from private.added_jobs;
    delete from public.contacts where id like 'c%';
    delete from public.conversations;
    delete from public.communications;
    delete from private.outbox`)
}

interface AttemptFields {
  readonly status?: number
  readonly isTrial?: boolean
  readonly retryAfterMs?: number
}

/** The functions of webhooks, called as the API and the process of the queues call them, for the workspace w1. */
export function createWebhookRoom(database: HostedDatabase) {
  const { owner } = database
  const rpc = (name: string, args: Arguments, caller: Caller = callers.admin) =>
    database.rpc(caller, name, { p_workspace: 'w1', ...args })
  const deliveries = () =>
    owner`
      select d.id, d.endpoint_id as endpoint, d.event_id as event, d.event_type as type, d.status, d.attempts, d.round, d.data
      from private.webhook_deliveries d order by d.endpoint_id, d.event_type, d.created_at`

  return {
    rpc,
    deliveries,
    async createEndpoint(id: string, events: readonly string[], more: object = {}) {
      const told = { id, url: `https://${id}.example/hook`, events, description: null, isEnabled: true }
      const args = { p_created: { ...told, ...more }, p_secret: secret }
      expect(await rpc('webhook_endpoint_create', args)).toMatchObject({ outcome: 'ok' })
    },
    tell: (event: string, type = 'contact.created', workspace = 'w1') =>
      owner`select private.webhook_event(${workspace}, ${event}, ${type}, '{"contactIds": ["c1"]}') as added`,
    jobs: () =>
      owner`select queue, name, workspace, input, job_id from private.added_jobs order by input ->> 'endpointId', job_id`,
    async onlyDelivery(): Promise<string> {
      const [row] = await deliveries()
      return z.uuid().parse(row?.['id'])
    },
    async begin(delivery: string, workspace = 'w1') {
      const [row] = await owner`select private.webhook_attempt_begin(${workspace}, ${delivery}) as begun`
      return z.record(z.string(), z.unknown()).parse(row?.['begun'])
    },
    async end(
      delivery: string,
      outcome: 'delivered' | 'again' | 'failed',
      { status = 500, isTrial = false, retryAfterMs = 0 }: AttemptFields = {},
    ) {
      const attempt = { at: '2026-01-02T03:04:05.123Z', status, failure: null, durationMs: 7 }
      const [row] = await owner`
        select private.webhook_attempt_end(
          'w1', ${delivery}, ${outcome}, ${owner.json(attempt)}, ${isTrial}, ${retryAfterMs}
        ) as ended`
      return z.object({ isOff: z.boolean(), pauseMs: z.number() }).parse(row?.['ended'])
    },
    /** Moves the pauses of endpoints, and the start of their failures, into the past. */
    passHours: (hours: number) =>
      owner`
        update private.webhook_endpoints e
        set
          paused_until = e.paused_until - interval '1 hour' * ${hours}::float8,
          failing_since = e.failing_since - interval '1 hour' * ${hours}::float8`,
    deliverAgain: () => owner`update private.webhook_deliveries set status = 'waiting', completed_at = null`,
  }
}

export type WebhookRoom = ReturnType<typeof createWebhookRoom>
