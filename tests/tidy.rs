//! Keeps the walls of the house.
