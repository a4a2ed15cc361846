"""What is wired to the vehicle: speed over CAN, the pulse and warning board."""
