"""What every service stands on and none owns: store, tables, resources, clock, timers, outbox, blobs, ids."""
