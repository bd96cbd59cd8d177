print("stella")
