// The values that are measured: the same as in benches/src/codec/values.rs, as either library has them.

/** `int64` makes the 64-bit integers, `absent` is what an optional field without a value has. */
export function values({ int64, bytes }) {
  const address = (street) => ({ street, city: "Göttingen", zip: "37073", country: "DE" });
  const line = (number) => ({
    sku: `SKU-${String(731 * (number + 1)).padStart(5, "0")}`,
    title: `Garden chair, folding, model ${number}`,
    quantity: 1 + (number % 7),
    unitPrice: int64(1_990 + number * 350),
    discount: number % 3 === 0 ? 0.1 : undefined,
    taxable: number !== 4,
    note: number % 5 === 0 ? "fragile" : undefined,
    weight: 2.5 + number,
  });
  const order = {
    id: int64(9_876_543_210),
    number: "SO-2026-000123",
    customerId: int64(44_321),
    customerName: "Grace Hopper",
    email: "grace.hopper@example.org",
    phone: "+1 555 010 7788",
    status: 1,
    priority: 3,
    created: int64(1_790_000_000_123),
    updated: int64(1_790_000_100_456),
    paid: true,
    shipped: false,
    gift: false,
    express: true,
    currency: "EUR",
    subtotal: int64(1_234_500),
    tax: int64(234_555),
    shipping: int64(990),
    discount: int64(-5_000),
    total: int64(1_465_045),
    taxRate: 0.19,
    exchangeRate: 1.0823,
    weight: 12.75,
    volume: 0.5,
    itemCount: 63,
    parcelCount: 2,
    warehouse: 17,
    channel: "web",
    locale: "de-DE",
    billing: address("Hauptstraße 12"),
    delivery: address("Nebenstraße 7"),
    coupon: undefined,
    comment: "Please ring twice; the bell is behind the roses.",
    tags: ["priority", "returning", "newsletter", "b2c"],
    attributes: { source: "spring-sale", device: "tablet", "ab-test": "variant-b", theme: "dark" },
    ratings: [5, 4, 5, 3, 5],
    flags: int64(0x0102_0408),
    revision: 4,
    sourceIp: bytes([192, 0, 2, 44]),
    session: "8d1f0d5a-6f53-4f0f-9f3e-8d2f6f2f9b11",
    referrer: "https://shop.example.org/spring/garden",
    campaign: undefined,
    agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    loyaltyPoints: 12_040,
    loyaltyTier: "gold",
    carrier: "DHL",
    tracking: undefined,
    checksum: int64(0xdead_beef_cafe_f00dn),
    region: -2,
    lines: Array.from({ length: 20 }, (_, number) => line(number)),
  };
  return {
    Sample: { id: int64(1_234_567), name: "temperature.cellar", score: 21.625 },
    Order: order,
    Node: tree(1_000),
  };
}

/** A tree of `count` nodes, each with up to four children. */
function tree(count) {
  const made = Array.from({ length: count }, (_, number) => ({
    label: `node ${number}`,
    value: number * 37,
    nodes: [],
  }));
  for (let number = 1; number < count; number++) made[(number - 1) >> 2].nodes.push(made[number]);
  return made[0];
}
