import { takePort } from '../../origin/local/ports.ts'

/** Another process that takes a port, says which, and stays until it is killed. */
process.once('disconnect', () => process.exit(0))
process.send?.(await takePort(0))
