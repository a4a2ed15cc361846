"""The drawn driver: scenarios, pictures, pulse, and the node that plays them."""
