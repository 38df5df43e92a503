//! The program.

use std::process::ExitCode;

/// A request makes many small allocations and frees them where they were made.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    liveagent_odata::main()
}
