//! `plainwire chat serve`: a room on TCP, by threads or by readiness, and on a multicast group if asked.
//!
//! Prints one line for each place where it listens, `listening on ADDRESS`, and serves until it is interrupted. SIGINT
//! and SIGTERM end it gracefully: everybody is told, and what was said is delivered.

use super::{ADDRESS, GroupArgs};
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::chat::Limits;
use plainwire::net::chat::{Bridge, Hall};
use plainwire::net::multicast::Group;
use plainwire::net::server::{Options, Port};
use plainwire::net::{pool, reactor};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "a graceful end, by SIGINT or SIGTERM"
    1 "it can't listen"
    2 "the command line is wrong"
})]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(value_name = "ADDRESS:PORT", default_value = ADDRESS, conflicts_with_all = ["listen", "port"])]
    address: String,
    /// Where to listen, as the argument
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "port")]
    listen: Option<String>,
    /// The port to listen at, on 127.0.0.1
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Serve all members on one thread, instead of a few that share them
    #[arg(long)]
    reactor: bool,
    /// How many members the room holds
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().members)]
    members: usize,
    #[command(flatten)]
    group: GroupArgs,
}

/// How long members have to take what is on its way when the server ends.
const GRACE: Duration = Duration::from_secs(2);

pub(super) fn run(args: &Args) -> Outcome {
    let group = args.group.parse().map_err(|why| Failure::new(2, why))?;
    let address = match (&args.listen, args.port) {
        (Some(address), _) => address.clone(),
        (None, Some(port)) => format!("127.0.0.1:{port}"),
        (None, None) => args.address.clone(),
    };
    let hall = Hall::new(Limits { members: args.members, ..Limits::default() });
    let port = Port::bind(address.as_str(), hall.clone())
        .map_err(|error| Failure::new(1, format!("can't listen on {address}: {error}")))?;
    // A few more connections than members, so that those who find the room full are told so.
    let mut options = Options::default();
    options.connections = args.members.saturating_add(16);
    options.limits.stall = Duration::from_secs(10);
    // From here on a signal is an end that was asked for, however early it comes.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let running = if args.reactor { reactor::start(vec![port], options)? } else { pool::start(vec![port], options)? };
    let mut out = io::stdout().lock();
    for address in running.addresses() {
        writeln!(out, "listening on {address}")?;
    }
    let bridge = match group {
        None => None,
        Some((address, options)) => {
            let group = Group::join(address, options)
                .map_err(|error| Failure::new(1, format!("can't join the group {address}: {error}")))?;
            writeln!(out, "listening on {} (multicast)", group.address())?;
            Some(Bridge::start(&hall, group)?)
        }
    };
    out.flush()?;
    drop(out);
    let stopper = running.stopper();
    thread::Builder::new().name("signals".to_string()).spawn(move || {
        // The first asks for an end, the second for one at once.
        for (_, limit) in signals.forever().zip([GRACE, Duration::ZERO]) {
            stopper.stop(limit);
        }
    })?;
    running.wait();
    drop(bridge);
    Ok(ExitCode::SUCCESS)
}
