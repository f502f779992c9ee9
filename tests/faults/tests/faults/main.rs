//! Sequences of faults at the engine, in this process, and kills of the real programs at every request.

mod kills;
mod sequences;
