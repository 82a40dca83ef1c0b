/** The deployment has one overview, which also keeps its settings, under this name. */
export const overviewName = 'deployment'
