export default function Page() {
  return <p>GET /api/orders/7 and DELETE /api/account respond to signed-in users only.</p>;
}
