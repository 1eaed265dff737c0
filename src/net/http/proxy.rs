//! Which proxy a request goes through: the variables that curl reads.
//!
//! `http_proxy` (in lower case only: `HTTP_PROXY` can be set by a CGI request's `Proxy` field), `https_proxy` and
//! `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY`, with the exceptions of `no_proxy` and `NO_PROXY`.
//!
//! ```
//! use plainwire::net::http::proxy::Proxies;
//!
//! let environment = [("https_proxy", "http://proxy.example:3128"), ("no_proxy", ".internal.example,127.0.0.0/8")];
//! let proxies = Proxies::from_variables(|name| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string()));
//! assert_eq!(proxies.find("https", "www.example.org", 443), Some("http://proxy.example:3128"));
//! assert_eq!(proxies.find("https", "db.internal.example", 443), None);
//! assert_eq!(proxies.find("https", "127.0.0.1", 443), None);
//! assert_eq!(proxies.find("http", "www.example.org", 80), None);
//! ```

use super::error::without_password;
use core::net::IpAddr;
use std::string::String;
use std::vec::Vec;

/// The proxies by scheme, and who is reached without one.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http` URLs.
    pub http: Option<String>,
    /// For `https` URLs, through CONNECT.
    pub https: Option<String>,
    /// Who is reached directly.
    pub exceptions: Exceptions,
}

/// A proxy's URL may have a password in it, which is left out.
impl core::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.as_deref().map(without_password))
            .field("https", &self.https.as_deref().map(without_password))
            .field("exceptions", &self.exceptions)
            .finish()
    }
}

/// The hosts of `NO_PROXY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Everyone,
    /// A name and all below it, with a port if one was given.
    Name(String, Option<u16>),
    Network(IpAddr, u8, Option<u16>),
}

impl Proxies {
    /// Reads the process's environment.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads variables by their names; an empty one is as good as none.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let all = first(&["all_proxy", "ALL_PROXY"]);
        Self {
            http: first(&["http_proxy"]).or_else(|| all.clone()),
            https: first(&["https_proxy", "HTTPS_PROXY"]).or(all),
            exceptions: Exceptions::parse(&first(&["no_proxy", "NO_PROXY"]).unwrap_or_default()),
        }
    }

    /// The proxy for a URL's scheme, host (an IPv6 address without its brackets) and port.
    pub fn find(&self, scheme: &str, host: &str, port: u16) -> Option<&str> {
        let proxy = match scheme {
            "http" => self.http.as_deref(),
            "https" => self.https.as_deref(),
            _ => None,
        }?;
        (!self.exceptions.has(host, port)).then_some(proxy)
    }
}

impl Exceptions {
    /// Reads a list divided by commas or spaces: `*`, names with or without a leading dot (either means the name and all
    /// below it), addresses, networks (`10.0.0.0/8`, `fd00::/8`), each with a port if wanted. What makes no sense
    /// excepts nobody.
    pub fn parse(list: &str) -> Self {
        let rules = list.split([',', ' ', '\t']).filter(|item| !item.is_empty()).filter_map(parse_rule).collect();
        Self { rules }
    }

    /// This host is reached without a proxy.
    pub fn has(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        self.rules.iter().any(|rule| match rule {
            Rule::Everyone => true,
            Rule::Name(name, only) => {
                let at_or_below =
                    host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                address.is_none() && at_or_below && only.is_none_or(|only| only == port)
            }
            Rule::Network(network, bits, only) => {
                address.is_some_and(|address| within(address, *network, *bits)) && only.is_none_or(|only| only == port)
            }
        })
    }
}

fn parse_rule(item: &str) -> Option<Rule> {
    if item == "*" {
        return Some(Rule::Everyone);
    }
    let (item, port) = match item.rsplit_once(':') {
        // An address of the sixth version has colons of its own.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (item, None),
    };
    let bare = item.trim_start_matches('[').trim_end_matches(']');
    let (address, bits) = match bare.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (bare, None),
    };
    if let Ok(address) = address.parse::<IpAddr>() {
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        return (bits <= all).then_some(Rule::Network(address, bits, port));
    }
    let name = bare.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
    (!name.is_empty() && bits.is_none()).then_some(Rule::Name(name, port))
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32 - bits;
            bits == 0 || address.to_bits() >> shift == network.to_bits() >> shift
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128 - bits;
            bits == 0 || address.to_bits() >> shift == network.to_bits() >> shift
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn exceptions_fit_whole_labels_ports_and_networks() {
        let exceptions =
            Exceptions::parse("example.com, .corp 10.0.0.0/8,[::1]:8080,fd00::/8,a.example:99,10.300.0.1/8,/3");
        for (host, port, excepted) in [
            ("example.com", 80, true),
            ("www.Example.COM.", 80, true),
            ("notexample.com", 80, false),
            ("corp", 80, true),
            ("x.corp", 80, true),
            ("10.255.0.1", 80, true),
            ("11.0.0.1", 80, false),
            ("::1", 8080, true),
            ("::1", 80, false),
            ("fd12::1", 80, true),
            ("fe00::1", 80, false),
            ("a.example", 99, true),
            ("a.example", 98, false),
        ] {
            assert_eq!(exceptions.has(host, port), excepted, "{host}:{port}");
        }
        assert!(Exceptions::parse("*").has("anything", 1));
        assert!(!Exceptions::parse("").has("anything", 1));
    }

    #[test]
    fn no_password_is_shown() {
        let all = |_: &str| Some("http://ada:hunter2@proxy.example:3128".to_string());
        let shown = std::format!("{:?}", Proxies::from_variables(all));
        assert!(shown.contains("proxy.example:3128") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_upper_case_http_proxy_is_not_read() {
        let set = |known: &'static str| {
            Proxies::from_variables(move |name| (name == known).then(|| "http://p:1".to_string()))
        };
        assert_eq!(set("HTTP_PROXY").find("http", "h", 80), None);
        assert_eq!(set("http_proxy").find("http", "h", 80), Some("http://p:1"));
        assert_eq!(set("ALL_PROXY").find("https", "h", 443), Some("http://p:1"));
        assert_eq!(set("ALL_PROXY").find("ftp", "h", 21), None);
    }
}
