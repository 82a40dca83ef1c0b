import { isOfLostConnection } from '../../origin/local/lost-connection.ts'

/** The end of a crash test before its time: by a signal, or by an error that has nothing to do with a killed process. */
interface GivingUp {
  readonly signal: AbortSignal
  /** Called again whenever the Worker was started, whose start adds listeners that would end the process at once. */
  hearSignals(): void
  giveUp(): void
}

export function createGivingUp(): GivingUp {
  const givenUp = new AbortController()
  const giveUp = () => givenUp.abort()
  // Sockets to a killed process fail where nothing can catch the error. Their requests count as unanswered.
  process.on('uncaughtException', (error) => {
    const isSocket = 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code))
    if (isOfLostConnection(error) || isSocket) return
    console.error(error)
    giveUp()
    process.exitCode = 2
  })
  return {
    signal: givenUp.signal,
    hearSignals() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.removeAllListeners(signal)
        process.on(signal, giveUp)
      }
    },
    giveUp,
  }
}
