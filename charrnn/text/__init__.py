"""From text files to ids: reading, vocabularies, the split into parts, batches, records."""
