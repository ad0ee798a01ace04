"""/reconcile: the Reconciliation Service API 0.2 over sources, for OpenRefine and other clients."""
