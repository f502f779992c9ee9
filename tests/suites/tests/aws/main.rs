//! Against what AWS itself ships, and the nearest thing to its services that runs anywhere.

mod journal;
mod one_function;
mod whole_way;
