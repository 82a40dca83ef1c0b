import type { Check } from '../run.ts'

const readPath = '/api/users/me/permissions'
const policyForm = /^"user";q=[1-9]\d*;w=[1-9]\d*/
const allowanceForm = /^"user";r=\d+;t=\d+/

/** Only looks. The check `spent-limit` spends a limit. */
export const rateLimits: Check = {
  name: 'rate-limits',
  title: 'requests of users count against limits, and answers say how they stand',
  needsCanary: false,
  skippedBecause: () => null,
  requestsMax: () => 1,
  writes: null,
  async run(run) {
    const { headers } = await run.ask(readPath)
    for (const [header, form] of [
      ['RateLimit-Policy', policyForm],
      ['RateLimit', allowanceForm],
    ] as const) {
      const value = headers.get(header)
      if (value === null || !form.test(value)) run.fail(`an answer to a user has ${header}`, value ?? 'none')
    }
  },
}
