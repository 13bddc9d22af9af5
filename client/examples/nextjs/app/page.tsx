export default function Page() {
  return <p>GET /api/orders/7 and DELETE /api/account need a signed-in user.</p>;
}
