//! The proof of the refresh rule: the model within small bounds, its mutants, and some nights of the simulator.

mod limits;
mod model;
mod mutants;
mod simulator;
