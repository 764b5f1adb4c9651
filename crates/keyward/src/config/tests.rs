//! The promises of the configuration: precedence, no unknown names, no secret in any output.

use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn values(file: &str, variables: &[(&str, &str)]) -> Result<Values, ConfigError> {
    let mut values = Values::with_defaults();
    values.add_file(Path::new("keyward.toml"), file)?;
    values.add_environment(&env(variables))?;
    Ok(values)
}

#[test]
fn flags_win_over_environment_and_environment_over_the_file() {
    let file = "listen = \"1.1.1.1:1\"\ndata = \"from-file\"\n";
    let mut values = values(file, &[("KEYWARD_LISTEN", "2.2.2.2:2")]).unwrap();
    assert_eq!(Config::read(&values).unwrap().server.listen.to_string(), "2.2.2.2:2");
    values.add_flag("listen", Some(&"3.3.3.3:3".to_owned()));
    let config = Config::read(&values).unwrap();
    assert_eq!(config.server.listen.to_string(), "3.3.3.3:3");
    assert_eq!(config.server.data, PathBuf::from("from-file"));
}

#[test]
fn unknown_names_are_errors_that_name_the_nearest_known_one() {
    let nearest = |result: Result<Values, ConfigError>| match result.err() {
        Some(ConfigError::Unknown { nearest, .. }) => nearest,
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest(values("lisen = \"x\"", &[])), "listen");
    assert_eq!(nearest(values("trusted_proxy = []", &[])), "trusted_proxies");
    assert_eq!(nearest(values("", &[("KEYWARD_PEPER_FILE", "x")])), "KEYWARD_PEPPER_FILE");
    assert_eq!(nearest(values("", &[("KEYWARD_ROOTKEY", "x")])), "KEYWARD_ROOT_KEY");
}

#[test]
fn every_default_and_every_printed_example_is_readable() {
    let defaults = Values::with_defaults();
    let config = Config::read(&defaults).unwrap();
    assert!(!config.access.signup_open && config.access.ip_rate_limit);
    let printed = as_toml(&defaults);
    assert!(printed.parse::<toml::Table>().unwrap().is_empty());
    for key in keys() {
        assert!(printed.contains(&format!("\n#{} = ", key.name)), "{}", key.name);
        let uncommented = format!("{} = {}", key.name, key.default.unwrap_or(key.example));
        assert!(uncommented.parse::<toml::Table>().is_ok(), "{uncommented}");
    }
}

#[test]
fn a_printed_configuration_reads_back_to_the_same_values() {
    let first = values("trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nsignup = \"open\"\n", &[]).unwrap();
    let second = values(&as_toml(&first), &[]).unwrap();
    let (a, b) = (Config::read(&first).unwrap().access, Config::read(&second).unwrap().access);
    assert_eq!(format!("{:?}", a.trusted_proxies), format!("{:?}", b.trusted_proxies));
    assert!(b.trusted_proxies.trusts("10.1.2.3".parse().unwrap()));
    assert!(b.signup_open);
}

#[test]
fn secrets_appear_in_no_output_and_no_error() {
    let secret = "correct-horse-battery-staple-and-more";
    let values = values(
        "",
        &[("KEYWARD_ROOT_KEY", secret), ("KEYWARD_APP_KEY", secret), ("INIT_ROOT_PASSWORD", "s3cret!")],
    )
    .unwrap();
    let shown = format!("{}{}{:?}", as_toml(&values), as_json(&values), Secrets::read(&values));
    assert!(!shown.contains(secret) && !shown.contains("s3cret!"), "{shown}");
    let error = Config::read(&values).unwrap_err().to_string();
    assert!(error.contains("admin_email") && !error.contains("s3cret!"));
}

#[test]
fn a_root_key_that_can_be_guessed_is_refused() {
    let short = values("", &[("KEYWARD_ROOT_KEY", &"k".repeat(31))]).unwrap();
    assert!(matches!(Config::read(&short), Err(ConfigError::Invalid { name: "root_key", .. })));
}

#[test]
fn our_own_variable_wins_over_its_alias() {
    let both = [
        ("KEYWARD_ADMIN_EMAIL", "a@x"),
        ("INIT_ROOT_EMAIL", "b@x"),
        ("KEYWARD_ADMIN_PASSWORD", "long enough"),
    ];
    let admin = Config::read(&values("", &both).unwrap()).unwrap().administrator.unwrap();
    assert_eq!((admin.email.as_str(), admin.username.as_str()), ("a@x", "a"));
}

#[test]
fn values_that_cannot_be_read_name_their_key_and_origin() {
    for (name, value) in [
        ("KEYWARD_LISTEN", "localhost"),
        ("KEYWARD_SIGNUP", "maybe"),
        ("KEYWARD_IP_RATE_LIMIT", "true"),
        ("KEYWARD_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("KEYWARD_TRUSTED_PROXY_HEADER", "x-real-ip"),
        ("KEYWARD_CORS_ORIGINS", "app.example.com"),
        ("KEYWARD_BASE_URL", "example.com"),
        ("KEYWARD_LOG_LEVEL", "inof"),
        ("KEYWARD_BETTER_AUTH_CONFIGS", "/nonexistent.json"),
    ] {
        let error = Config::read(&values("", &[(name, value)]).unwrap()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn the_address_shown_to_clients_is_one_they_can_use() {
    let url = |variables: &[(&str, &str)], address: &str| {
        Config::read(&values("", variables).unwrap()).unwrap().server.url(address.parse().unwrap())
    };
    assert_eq!(url(&[], "0.0.0.0:80"), "http://localhost:80");
    assert_eq!(url(&[], "[::1]:7420"), "http://[::1]:7420");
    assert_eq!(url(&[("KEYWARD_BASE_URL", "https://k.example/")], "0.0.0.0:80"), "https://k.example");
}
