export default function Page() {
  return <p>GET /api/orders/7 and DELETE /api/account answer whoever is signed in.</p>;
}
