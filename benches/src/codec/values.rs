//! The values that are measured.

use super::aster::{Address, Blob, Line, Node, Order, OrderStatus, Sample};

/// Three fields.
#[must_use]
pub fn sample() -> Sample {
    Sample {
        id: 1_234_567,
        name: "temperature.cellar".into(),
        score: 21.625,
    }
}

/// Fifty fields and twenty lines.
#[must_use]
pub fn order() -> Order {
    Order {
        id: 9_876_543_210,
        number: "SO-2026-000123".into(),
        customer_id: 44_321,
        customer_name: "Grace Hopper".into(),
        email: "grace.hopper@example.org".into(),
        phone: Some("+1 555 010 7788".into()),
        status: OrderStatus::Paid,
        priority: 3,
        created: 1_790_000_000_123,
        updated: 1_790_000_100_456,
        paid: true,
        shipped: false,
        gift: false,
        express: true,
        currency: "EUR".into(),
        subtotal: 1_234_500,
        tax: 234_555,
        shipping: 990,
        discount: -5_000,
        total: 1_465_045,
        tax_rate: 0.19,
        exchange_rate: 1.0823,
        weight: 12.75,
        volume: 0.5,
        item_count: 63,
        parcel_count: 2,
        warehouse: 17,
        channel: "web".into(),
        locale: "de-DE".into(),
        billing: address("Hauptstraße 12"),
        delivery: Some(address("Nebenstraße 7")),
        coupon: None,
        comment: Some("Please ring twice; the bell is behind the roses.".into()),
        tags: ["priority", "returning", "newsletter", "b2c"]
            .map(String::from)
            .into(),
        attributes: [
            ("source", "spring-sale"),
            ("device", "tablet"),
            ("ab-test", "variant-b"),
            ("theme", "dark"),
        ]
        .map(|(key, value)| (key.into(), value.into()))
        .into(),
        ratings: vec![5, 4, 5, 3, 5],
        flags: 0x0102_0408,
        revision: 4,
        source_ip: vec![192, 0, 2, 44],
        session: "8d1f0d5a-6f53-4f0f-9f3e-8d2f6f2f9b11".into(),
        referrer: Some("https://shop.example.org/spring/garden".into()),
        campaign: None,
        agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36".into(),
        loyalty_points: Some(12_040),
        loyalty_tier: Some("gold".into()),
        carrier: "DHL".into(),
        tracking: None,
        checksum: 0xdead_beef_cafe_f00d,
        region: -2,
        lines: (0..20).map(line).collect(),
    }
}

fn address(street: &str) -> Address {
    Address {
        street: street.into(),
        city: "Göttingen".into(),
        zip: "37073".into(),
        country: "DE".into(),
    }
}

fn line(number: u32) -> Line {
    Line {
        sku: format!("SKU-{:05}", 731 * (number + 1)),
        title: format!("Garden chair, folding, model {number}"),
        quantity: 1 + number % 7,
        unit_price: 1_990 + i64::from(number) * 350,
        discount: number.is_multiple_of(3).then_some(0.1),
        taxable: number != 4,
        note: number.is_multiple_of(5).then(|| "fragile".into()),
        weight: 2.5 + number as f32,
    }
}

/// A tree of `nodes` nodes, each with up to four children.
#[must_use]
pub fn tree(nodes: usize) -> Node {
    let mut made: Vec<Option<Node>> = (0..nodes)
        .map(|number| {
            Some(Node {
                label: format!("node {number}"),
                value: number as i32 * 37,
                nodes: Vec::new(),
            })
        })
        .collect();
    for number in (1..nodes).rev() {
        let node = made[number].take();
        if let (Some(node), Some(parent)) = (node, made[(number - 1) / 4].as_mut()) {
            parent.nodes.insert(0, node);
        }
    }
    made.swap_remove(0).unwrap_or_else(|| Node {
        label: String::new(),
        value: 0,
        nodes: Vec::new(),
    })
}

/// `size` bytes.
#[must_use]
pub fn blob(size: usize) -> Blob {
    Blob {
        data: (0..size).map(|index| ((index * 31) >> 3) as u8).collect(),
    }
}
