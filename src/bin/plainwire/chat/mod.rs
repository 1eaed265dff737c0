//! `plainwire chat`: a room, and a place in it.

mod group;
mod input;
mod join;
mod screen;
mod serve;

use crate::failure::Outcome;
use clap::Subcommand;
use plainwire::net::multicast::{Interface, Options, Scope};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve a room that people join with `plainwire chat join`, nc or telnet
    Serve(serve::Args),
    /// Join a room: lines from standard input are said, what the room says is printed
    Join(join::Args),
}

pub(crate) fn run(command: Command) -> Outcome {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Join(args) => join::run(&args),
    }
}

/// Where a room is served unless said otherwise.
const ADDRESS: &str = "127.0.0.1:7777";

/// A multicast group, and how to reach it.
#[derive(clap::Args)]
struct GroupArgs {
    /// A multicast group, as 239.255.77.77:7777; an IPv6 address stands in brackets
    #[arg(long, value_name = "GROUP:PORT")]
    multicast: Option<SocketAddr>,
    /// The interface for the group: an IPv4 address of it, or for an IPv6 group its index. Unless given, the loopback,
    /// and nothing leaves this host
    #[arg(long, value_name = "ADDRESS|INDEX", requires = "multicast")]
    interface: Option<String>,
    /// How far datagrams go: host, link, site, region, continent, unrestricted, or a TTL. Unless given, host on the
    /// loopback interface and link on others
    #[arg(long, value_name = "SCOPE|TTL", requires = "multicast", visible_alias = "ttl")]
    scope: Option<String>,
}

impl GroupArgs {
    /// The group and its options, if one was asked for.
    fn parse(&self) -> Result<Option<(SocketAddr, Options)>, String> {
        let Some(group) = self.multicast else { return Ok(None) };
        let interface = match (&self.interface, group.ip()) {
            (None, IpAddr::V4(_)) => Interface::V4(Ipv4Addr::LOCALHOST),
            (None, IpAddr::V6(_)) => Interface::V6(1),
            (Some(given), IpAddr::V4(_)) => {
                Interface::V4(given.parse().map_err(|_| format!("{given} is not an interface's IPv4 address"))?)
            }
            (Some(given), IpAddr::V6(_)) => {
                Interface::V6(given.parse().map_err(|_| format!("{given} is not an interface's index"))?)
            }
        };
        let loopback =
            matches!(interface, Interface::V6(1)) || matches!(interface, Interface::V4(at) if at.is_loopback());
        let near = if loopback { Scope::Host } else { Scope::Link };
        let options = Options::new(interface, near);
        let options = match &self.scope {
            None => options,
            Some(given) => match given.parse() {
                Ok(ttl) => options.ttl(ttl),
                Err(_) => options.ttl(given.parse::<Scope>()?.ttl()),
            },
        };
        Ok(Some((group, options)))
    }
}
