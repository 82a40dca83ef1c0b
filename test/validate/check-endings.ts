/** Thrown by a check that finds out that it does not apply to this deployment. */
export class NotApplicable extends Error {}

/** Ends a check with a finding: without this, the rest of it means nothing. */
export class Unmet extends Error {
  readonly expected: string
  readonly saw: string

  constructor(expected: string, saw: string) {
    super(`${expected}: ${saw}`)
    this.expected = expected
    this.saw = saw
  }
}
