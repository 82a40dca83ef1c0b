import type { Canary } from './canaries.ts'

const copy = 'worker/ledger/rollout-copy.ts'

/** Bugs of the rollout: each leaves the tiers answering a workspace that was switched off. */
export const rolloutCanaries: readonly Canary[] = [
  {
    bug: 'a ledger that wakes up believes what it knew, and does not ask for the rollout',
    breaks: /^rollout: /,
    replacements: [
      { file: copy, find: '    await this.learnInTime()\n', replace: '    await null\n' },
      { file: copy, find: 'if (nowMs >= this.leasedUntilMs) {', replace: 'if (nowMs < 0) {' },
      { file: copy, find: 'if (nowMs >= this.renewAtMs && mayAsk', replace: 'if (nowMs < 0 && mayAsk' },
    ],
  },
  {
    bug: 'a change that arrives late undoes the one after it',
    breaks: /^rollout: |converges/,
    replacements: [
      {
        file: copy,
        find: 'if (news.version > this.known.version) this.keep(news)',
        replace: 'this.keep(news)',
      },
    ],
  },
  {
    bug: 'a view that isolates share leaves the rollout out',
    firstSeed: 12,
    breaks: /^rollout: /,
    replacements: [
      {
        file: 'worker/ledger/view.ts',
        find: "return rollout === 'on' ? shared : { ...shared, rollout }",
        replace: "return rollout === 'on' ? shared : { ...shared }",
      },
    ],
  },
  {
    bug: 'a ledger that confirmed a state once is not told again after it heard of another one',
    firstSeed: 18,
    breaks: /^rollout: |converges/,
    replacements: [
      {
        file: 'worker/deployment/rollout/awake-ledgers.ts',
        find: "this.rows('update rollout_ledgers set confirmed = null where scope = ?', scope)",
        replace: 'void scope',
      },
    ],
  },
]
