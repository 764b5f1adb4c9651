//! What formulas give, and what is no formula.

use super::*;
use crate::{FieldNo, limits};

fn field(kind: FieldKind) -> Field {
    Field::new(FieldNo(1), "f", kind)
}

fn values(name: &str) -> Option<Value> {
    Some(match name {
        "n" => Value::Int(6),
        "price" => Value::Text("1.5".to_owned()),
        "zero" => Value::Float(0.0),
        "first" => Value::Text("Ada".to_owned()),
        "last" => Value::Text("Lovelace".to_owned()),
        "yes" => Value::Bool(true),
        "none" => Value::Null,
        _ => return None,
    })
}

fn made(kind: FieldKind, expression: &str) -> Value {
    read(expression, false).unwrap().value(&field(kind), &values)
}

#[test]
fn numbers_are_calculated_as_people_write_them() {
    for (expression, want) in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("{{n}} * {{price}}", 9.0),
        ("{{ n }} / 4", 1.5),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("7 % 4 - -1", 4.0),
        ("=SUM(1, {{n}}, {{none}}) + MAX(2, 3)", 10.0),
        ("round(2.345, 2)", 2.35),
        ("ROUND(1.005, 2)", 1.01),
        ("IF({{n}} > 5, 10, 20)", 10.0),
        ("{{n}} == 6 ? 1 : 0", 1.0),
        ("1e3 + .5", 1000.5),
        ("{{yes}} + 1", 2.0),
        ("LEN({{first}})", 3.0),
    ] {
        assert_eq!(made(FieldKind::Float, expression), Value::Float(want), "{expression}");
    }
    assert_eq!(made(FieldKind::BigInt, "7 / 2"), Value::Int(3));
    assert_eq!(made(FieldKind::Decimal, "0.1 * 3"), Value::Text("0.30000000000000004".to_owned()));
    assert_eq!(made(FieldKind::Boolean, "{{n}} >= 6 && !({{n}} = 7)"), Value::Bool(true));
    assert_eq!(
        made(FieldKind::Text, "{{first}} & ' ' & UPPER({{last}})"),
        Value::Text("Ada LOVELACE".into())
    );
    assert_eq!(made(FieldKind::Text, "{{n}} + 1"), Value::Text("7".into()));
}

#[test]
fn what_cannot_be_worked_out_is_null() {
    for expression in [
        "1 / {{zero}}",
        "1 % 0",
        "0 / 0",
        "sqrt(-1)",
        "9 ^ 9999",
        "{{none}} + 1",
        "{{missing}} * 2",
        "{{first}} * 2",
        "{{none}} < 1",
        "max({{none}})",
    ] {
        assert_eq!(made(FieldKind::Float, expression), Value::Null, "{expression}");
    }
    assert_eq!(made(FieldKind::Integer, "1e300"), Value::Null, "does not fit");
}

#[test]
fn a_template_is_text_with_fields_in_it() {
    let formula = read("{{first}}-{{none}}{{n}}!", true).unwrap();
    assert_eq!(formula.value(&field(FieldKind::Text), &values), Value::Text("Ada-6!".into()));
    assert_eq!(formula.fields().into_iter().collect::<Vec<_>>(), ["first", "n", "none"]);
}

#[test]
fn what_is_no_formula_is_refused() {
    for bad in
        ["", "1 +", "(1", "1)", "{{a", "{{}}", "{{a.b}}", "foo(1)", "foo", "1 2", "'x", "if(1)", "@", "1..2"]
    {
        assert!(read(bad, false).is_err(), "{bad}");
    }
    assert_eq!(read(&"(".repeat(2_000), false), Err(FormulaError::TooMuch));
    assert_eq!(read(&"-".repeat(2_000), false), Err(FormulaError::TooMuch));
    assert_eq!(read(&format!("1{}", "+1".repeat(1_000)), false), Err(FormulaError::TooMuch));
    assert_eq!(read(&"1".repeat(limits::FORMULA_BYTES_MAX + 1), false), Err(FormulaError::TooMuch));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-+*/%^()0-9a-z.,{}'!<>=&|? ]{0,60}", template: bool) {
        if let Ok(formula) = read(&text, template) {
            let _ = formula.value(&field(FieldKind::Float), &values);
        }
    }
}
