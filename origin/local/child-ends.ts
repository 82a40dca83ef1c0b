import { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { basename } from 'node:path'

/** How a process ended, in the words of the console. */
export function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`
}

/**
 * Calls at the end of every child of this process that runs a program, also of those that a library starts and says nothing about.
 * Answers a function after which children that are started later are not heard of.
 */
export function onChildEnd(program: string, ended: (pid: number, how: string) => void): () => void {
  const hear = (message: unknown) => {
    const child = typeof message === 'object' && message !== null && 'process' in message && message.process
    if (!(child instanceof ChildProcess)) return
    // The channel tells of a child before it is spawned.
    child.once('spawn', () => {
      const { pid } = child
      if (pid === undefined || basename(child.spawnfile) !== program) return
      child.once('exit', (code, signal) => ended(pid, endOf(code, signal)))
    })
  }
  subscribe('child_process', hear)
  return () => unsubscribe('child_process', hear)
}
