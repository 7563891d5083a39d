"""For jobs: checks data against its contract, drafts from it, and writes it by the verdict."""
