//! bench
use crate::Outcome;
#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    json: bool,
}
pub fn run(args: &Args) -> Outcome<()> {
    let _ = args.json;
    Err("later".into())
}
