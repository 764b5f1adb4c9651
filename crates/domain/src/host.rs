//! Allowed hosts: the addresses a key may be used from. Compared with the socket peer (or what a trusted
//! proxy vouches for); never with a name, never with a header the client wrote.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A list of IPv4/IPv6 addresses and CIDR blocks. Empty means any host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AllowedHosts(Vec<IpNet>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is neither an IP address nor a CIDR block")]
pub struct BadHost(pub String);

impl AllowedHosts {
    /// No entry: any host.
    pub const ANY: Self = Self(Vec::new());

    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, BadHost> {
        let mut nets = Vec::new();
        for entry in entries {
            let net = parse_one(entry.as_ref().trim()).ok_or_else(|| BadHost(entry.as_ref().to_owned()))?;
            if !nets.contains(&net) {
                nets.push(net);
            }
        }
        Ok(Self(nets))
    }

    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `peer` may use the key. An IPv4 address written as IPv6 counts as IPv4.
    pub fn admit(&self, peer: IpAddr) -> bool {
        self.is_any() || self.0.iter().any(|net| net.contains(&peer.to_canonical()))
    }

    /// Every host admitted here is admitted by `other` too (by one of its entries).
    pub fn within(&self, other: &Self) -> bool {
        let fits = |net: &IpNet| other.0.iter().any(|wide| wide.contains(net));
        other.is_any() || (!self.is_any() && self.0.iter().all(fits))
    }

    /// With one more address let in. Of the "any" list this would be a restriction, so it stays "any".
    pub fn with(&self, peer: IpAddr) -> Self {
        let mut more = self.clone();
        if !more.admit(peer) {
            more.0.push(IpNet::from(peer.to_canonical()));
        }
        more
    }

    /// As text: single addresses without the `/32` or `/128`.
    pub fn to_strings(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|net| {
                if net.prefix_len() == net.max_prefix_len() {
                    net.addr().to_string()
                } else {
                    net.to_string()
                }
            })
            .collect()
    }
}

fn parse_one(text: &str) -> Option<IpNet> {
    if let Ok(addr) = text.parse::<IpAddr>() {
        return Some(IpNet::from(addr.to_canonical()));
    }
    let net = text.parse::<IpNet>().ok()?.trunc();
    match net {
        // ::ffff:10.0.0.0/104 means 10.0.0.0/8.
        IpNet::V6(v6) if v6.addr().to_ipv4_mapped().is_some() && v6.prefix_len() >= 96 => {
            let v4 = v6.addr().to_ipv4_mapped()?;
            Some(IpNet::V4(ipnet::Ipv4Net::new(v4, v6.prefix_len() - 96).ok()?.trunc()))
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(entries: &[&str]) -> AllowedHosts {
        AllowedHosts::parse(entries).unwrap()
    }

    #[test]
    fn no_entry_means_any_host() {
        assert!(AllowedHosts::default().admit("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn addresses_blocks_and_mapped_addresses_are_compared_as_what_they_are() {
        let list = hosts(&["192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "::ffff:198.51.100.7"]);
        for (peer, admitted) in [
            ("192.0.2.1", true),
            ("192.0.2.2", false),
            ("10.255.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("198.51.100.7", true),
        ] {
            assert_eq!(list.admit(peer.parse().unwrap()), admitted, "{peer}");
        }
    }

    #[test]
    fn a_list_lies_within_another_only_when_it_admits_nobody_else() {
        let any = AllowedHosts::default();
        let office = hosts(&["10.0.0.0/8"]);
        let desk = hosts(&["10.1.2.3", "10.2.0.0/16"]);
        assert!(desk.within(&office) && office.within(&any) && any.within(&any));
        assert!(!office.within(&desk) && !any.within(&office));
    }

    #[test]
    fn names_and_nonsense_are_refused() {
        for bad in ["localhost", "", "10.0.0.0/33", "1.2.3", "*", "10.0.0.1:80"] {
            assert!(AllowedHosts::parse([bad]).is_err(), "{bad:?}");
        }
    }
}
