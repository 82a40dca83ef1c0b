import { takePort } from '../../origin/local/ports.ts'

/** A process that takes a port, reports which one, and runs until it is killed. */
process.once('disconnect', () => process.exit(0))
process.send?.(await takePort(0))
