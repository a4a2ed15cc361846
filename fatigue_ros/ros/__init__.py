"""What nodes are made of: lifecycle, parameters, diagnosis, messages, composition."""
